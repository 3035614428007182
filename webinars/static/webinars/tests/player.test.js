import assert from "node:assert/strict";
import { test } from "node:test";

import { frameAddress, mountPlayer, unmountPlayer, vimeoVideo, youtubeId } from "../player.js";

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

/** As much of a document and a stage as the player needs. */
function theatre(t) {
  class Part extends EventTarget {
    constructor(tag) {
      super();
      Object.assign(this, { tag, isConnected: true, done: [] });
    }

    setAttribute() {}
    canPlayType() {
      return "";
    }
    removeAttribute(name) {
      this.done.push(`no ${name}`);
    }
    pause() {
      this.done.push("pause");
    }
    load() {
      this.done.push("load");
    }
  }
  const before = globalThis.document;
  globalThis.document = { createElement: (tag) => new Part(tag) };
  t.after(() => (globalThis.document = before));
  const stage = {
    dataset: {},
    shown: null,
    querySelector: (selector) => (stage.shown?.tag === selector ? stage.shown : null),
    replaceChildren(part) {
      if (stage.shown) stage.shown.isConnected = false;
      stage.shown = part;
    },
  };
  return stage;
}

test("a page that rests plays nothing and loads nothing, and plays again when it is taken back", async (t) => {
  const stage = theatre(t);
  const player = { kind: "hls", url: "https://example.org/stream.m3u8" };
  const plays = [];
  const loadHls = async () => ({ playHls: (_video, url) => plays.push(url) });
  await mountPlayer(stage, { player, title: "T", loadHls });
  const video = stage.shown;

  unmountPlayer(stage, "This window is resting.");
  const resting = [stage.shown.tag, stage.shown.textContent, video.done];
  unmountPlayer(stage, "This window is resting.");
  await mountPlayer(stage, { player, title: "T", loadHls });

  assert.deepEqual(resting, ["p", "This window is resting.", ["pause", "no src", "load"]]);
  assert.deepEqual([stage.shown.tag, plays.length], ["video", 2]);
});

test("a player that was taken away while its library was being fetched does not begin", async (t) => {
  const stage = theatre(t);
  const plays = [];
  let arrive;
  const loadHls = () => new Promise((resolve) => (arrive = () => resolve({ playHls: () => plays.push("played") })));
  const mounting = mountPlayer(stage, { player: { kind: "hls", url: "https://example.org/s.m3u8" }, title: "T", loadHls });

  unmountPlayer(stage, "");
  arrive();
  await mounting;

  assert.deepEqual(plays, []);
});
