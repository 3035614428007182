/** Two soft notes while waiting, so that nobody finds out at the start that the sound is off. */
import { gettext } from "./i18n.js";

const NOTES = [
  { hertz: 523.25, at: 0 },
  { hertz: 659.25, at: 0.22 },
];
const LENGTH = 0.5;
const LOUDNESS = 0.12;

/** Plays the notes in an AudioContext and answers when the last one ends, in seconds of its clock. */
export function playNotes(context) {
  for (const { hertz, at } of NOTES) {
    const start = context.currentTime + at;
    const note = context.createOscillator();
    const volume = context.createGain();
    note.frequency.value = hertz;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.04);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + LENGTH);
    note.connect(volume).connect(context.destination);
    note.start(start);
    note.stop(start + LENGTH);
  }
  return context.currentTime + NOTES.at(-1).at + LENGTH;
}

/** A button [data-sound-check] and, beside it, a place for what to do when nothing is heard. */
export function wireSoundCheck(button, { AudioContext = globalThis.AudioContext } = {}) {
  let context;
  button.hidden = !AudioContext;
  button.addEventListener("click", () => {
    context ??= new AudioContext();
    context.resume();
    playNotes(context);
    document.querySelector("[data-sound-check-answer]").textContent = gettext(
      "You should hear two notes. If not, check the volume and that this tab is not muted.",
    );
  });
}
