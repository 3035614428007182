import assert from "node:assert/strict";
import { test } from "node:test";

import { interpolate } from "../i18n.js";

test("a sentence is filled with names, and what has no value stays", () => {
  assert.equal(interpolate("%(name)s: %(count)s of %(all)s", { name: "$& 지원", count: 3 }), "$& 지원: 3 of %(all)s");
});

test("a name cannot turn the sentence around it", () => {
  const sentence = "Ban %(name)s from this webinar?";

  assert.equal(interpolate(sentence, { name: "\u202emoderator\u2069" }), "Ban moderator from this webinar?");
  assert.equal(interpolate(sentence, { name: "שלום\u202c" }), "Ban \u2068שלום\u2069 from this webinar?");
});
