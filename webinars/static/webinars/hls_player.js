/** Plays HLS in browsers that cannot by themselves, and recovers from what a live stream does. */
import Hls from "hls.js";

const RELOAD_MS = 5_000;

export function playHls(video, url, onUnsupported) {
  if (!Hls.isSupported()) return onUnsupported();
  const hls = new Hls({ enableWorker: false, lowLatencyMode: true, backBufferLength: 60 });
  let reload;
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else reload = setTimeout(() => hls.loadSource(url), RELOAD_MS);
  });
  video.addEventListener("unmounted", () => {
    clearTimeout(reload);
    hls.destroy();
  });
  hls.loadSource(url);
  hls.attachMedia(video);
}
