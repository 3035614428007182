import assert from "node:assert/strict";
import { test } from "node:test";

import { splitLinks } from "../linkify.js";

const links = (text) => splitLinks(text).filter(({ href }) => href).map(({ href }) => href);

test("the text is kept, letter by letter", () => {
  const text = "자료는 https://example.org/a?b=1 에 있습니다. <b>not bold</b>";

  assert.equal(splitLinks(text).map(({ text: part }) => part).join(""), text);
  assert.deepEqual(links(text), ["https://example.org/a?b=1"]);
});

test("a sentence's stop and brackets stay outside, an address's own inside", () => {
  assert.deepEqual(links("See https://example.org/a."), ["https://example.org/a"]);
  assert.deepEqual(links("(https://example.org/a)"), ["https://example.org/a"]);
  assert.deepEqual(links("https://en.wikipedia.org/wiki/Seoul_(city)"), ["https://en.wikipedia.org/wiki/Seoul_(city)"]);
});

test("a Korean particle that is written to an address is not part of it, a Korean path is", () => {
  assert.deepEqual(links("https://example.org에 있고 https://example.org/a에서 봅니다."), ["https://example.org", "https://example.org/a"]);
  assert.deepEqual(links("https://example.org/a?b=1입니다"), ["https://example.org/a?b=1"]);
  assert.deepEqual(links("https://example.org/자료 https://example.org/강의"), ["https://example.org/자료", "https://example.org/강의"]);
});

test("only web addresses become links", () => {
  assert.deepEqual(links("javascript:alert(1) data:text/html,x ftp://x file:///etc"), []);
  assert.deepEqual(links("https:// and http://"), []);
});

test("a quote ends an address", () => {
  assert.deepEqual(links('https://example.org/"onmouseover="alert(1)'), ["https://example.org/"]);
});
