/**
 * The player, mounted once and never touched again: an iframe for YouTube, Vimeo and anything that
 * brings its own page, a <video> for HLS, whose library is fetched only for such a webinar.
 */
import { gettext, interpolate } from "./i18n.js";

const ALLOW = "autoplay; fullscreen; picture-in-picture; encrypted-media; clipboard-write";

// What another site's player may do. Not: lead the visitor away from our page, or start downloads.
const SANDBOX =
  "allow-scripts allow-same-origin allow-forms allow-presentation allow-popups allow-popups-to-escape-sandbox";

const HLS_TYPE = "application/vnd.apple.mpegurl";

/** The id in any of YouTube's address forms; null when there is none. */
export function youtubeId(address) {
  const url = parse(address);
  if (!url) return /^[\w-]{11}$/.test(address) ? address : null;
  const segments = url.pathname.split("/").filter(Boolean);
  if (url.hostname === "youtu.be") return segments[0] ?? null;
  if (url.searchParams.get("v")) return url.searchParams.get("v");
  return ["embed", "live", "shorts", "v"].includes(segments[0]) ? (segments[1] ?? null) : null;
}

/** {id, hash?} of a Vimeo video, or {event} of a Vimeo event; null when there is neither. */
export function vimeoVideo(address) {
  const url = parse(address);
  if (!url) return /^\d+$/.test(address) ? { id: address } : null;
  const segments = url.pathname.split("/").filter(Boolean);
  if (segments[0] === "event" && segments[1]) return { event: segments[1] };
  const at = segments.findIndex((segment) => /^\d+$/.test(segment));
  if (at < 0) return null;
  const hash = url.searchParams.get("h") ?? (/^[0-9a-f]+$/.test(segments[at + 1] ?? "") ? segments[at + 1] : null);
  return hash ? { id: segments[at], hash } : { id: segments[at] };
}

/** The address of the frame that plays `url`; null where the address cannot be played. */
export function frameAddress({ kind, url }) {
  if (kind === "iframe") return parse(url) || url.startsWith("/") ? url : null;
  if (kind === "youtube") {
    const id = youtubeId(url);
    return id && `https://www.youtube-nocookie.com/embed/${encodeURIComponent(id)}?autoplay=1&playsinline=1&rel=0`;
  }
  const video = kind === "vimeo" ? vimeoVideo(url) : null;
  if (!video) return null;
  if (video.event) return `https://vimeo.com/event/${encodeURIComponent(video.event)}/embed`;
  const hash = video.hash ? `&h=${video.hash}` : "";
  return `https://player.vimeo.com/video/${video.id}?autoplay=1&dnt=1${hash}`;
}

function parse(address) {
  try {
    const url = new URL(address);
    return /^https?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Puts the player into `stage` unless it is there already. */
export async function mountPlayer(stage, { player, title, loadHls = () => import("./hls_player.js") }) {
  if (stage.dataset.player) return;
  stage.dataset.player = player.kind;
  if (player.kind === "hls") return mountVideo(stage, { url: player.url, title, loadHls });
  const address = frameAddress(player);
  if (!address) return explain(stage, gettext("The stream's address is not right yet. Please tell the host."));
  const frame = document.createElement("iframe");
  frame.src = address;
  frame.title = interpolate(gettext("Video: %(title)s"), { title });
  frame.allow = ALLOW;
  if (parse(address)) frame.setAttribute("sandbox", SANDBOX); // a page of our own needs none
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  stage.replaceChildren(frame);
}

/** Takes the player away, so that it neither plays nor loads; `sentence` says why. */
export function unmountPlayer(stage, sentence) {
  if (!stage.dataset.player) return;
  delete stage.dataset.player;
  stage.querySelector("video")?.dispatchEvent(new Event("unmounted"));
  explain(stage, sentence);
}

async function mountVideo(stage, { url, title, loadHls }) {
  const video = document.createElement("video");
  video.controls = true;
  video.playsInline = true;
  video.autoplay = true;
  video.setAttribute("aria-label", interpolate(gettext("Video: %(title)s"), { title }));
  stage.replaceChildren(video);
  video.addEventListener("unmounted", () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
  });
  if (!globalThis.MediaSource && video.canPlayType(HLS_TYPE)) {
    video.src = url; // iPhones play it themselves, and only so
    return;
  }
  const { playHls } = await loadHls();
  if (!video.isConnected) return;
  playHls(video, url, () => explain(stage, gettext("This browser cannot play the stream.")));
}

function explain(stage, sentence) {
  const text = document.createElement("p");
  text.className = "stage-note";
  text.textContent = sentence;
  stage.replaceChildren(text);
}
