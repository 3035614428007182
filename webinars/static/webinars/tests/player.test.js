import assert from "node:assert/strict";
import { test } from "node:test";

import { frameAddress, vimeoVideo, youtubeId } from "../player.js";

test("YouTube's addresses in all their forms", () => {
  const id = "dQw4w9WgXcQ";

  for (const address of [
    id,
    `https://www.youtube.com/watch?v=${id}&t=3s`,
    `https://youtu.be/${id}?si=x`,
    `https://www.youtube.com/live/${id}`,
    `https://www.youtube.com/embed/${id}`,
    `https://www.youtube.com/shorts/${id}`,
  ]) {
    assert.equal(youtubeId(address), id, address);
  }
  assert.equal(youtubeId("https://www.youtube.com/"), null);
});

test("Vimeo's videos, unlisted videos and events", () => {
  assert.deepEqual(vimeoVideo("https://vimeo.com/76979871"), { id: "76979871" });
  assert.deepEqual(vimeoVideo("https://vimeo.com/76979871/abc123"), { id: "76979871", hash: "abc123" });
  assert.deepEqual(vimeoVideo("https://player.vimeo.com/video/76979871?h=abc123"), { id: "76979871", hash: "abc123" });
  assert.deepEqual(vimeoVideo("https://vimeo.com/event/4154130"), { event: "4154130" });
  assert.equal(vimeoVideo("https://vimeo.com/about"), null);
});

test("a frame's address is on the player's own host, and never a script", () => {
  assert.equal(
    frameAddress({ kind: "youtube", url: "https://youtu.be/dQw4w9WgXcQ" }),
    "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&playsinline=1&rel=0",
  );
  assert.equal(frameAddress({ kind: "vimeo", url: "https://vimeo.com/1/ab" }), "https://player.vimeo.com/video/1?autoplay=1&dnt=1&h=ab");
  assert.equal(frameAddress({ kind: "iframe", url: "/static/webinars/stage/index.html" }), "/static/webinars/stage/index.html");
  assert.equal(frameAddress({ kind: "iframe", url: "javascript:alert(1)" }), null);
  assert.equal(frameAddress({ kind: "youtube", url: "" }), null);
});
