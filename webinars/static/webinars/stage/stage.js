/**
 * Turns the sample presentation's slides and runs its clock. What is shown follows the time of day,
 * so that two windows show the same slide, as two viewers of one stream would.
 */
const SLIDE_MS = 14_000;

const slides = [...document.querySelectorAll("[data-slide]")];
const clock = document.querySelector("[data-clock]");
const progress = document.querySelector("[data-progress]");
const time = new Intl.DateTimeFormat("ko", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

function show() {
  const now = Date.now();
  const place = (now / SLIDE_MS) % slides.length;
  slides.forEach((slide, index) => slide.classList.toggle("is-on", index === Math.floor(place)));
  progress.style.transform = `scaleX(${place / slides.length})`;
  clock.textContent = time.format(now);
  setTimeout(show, 1000 - (now % 1000));
}

show();
