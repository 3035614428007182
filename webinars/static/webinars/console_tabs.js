/** A webinar's tabs in the console: on a phone they scroll sideways, and the current one is brought into view. */
document.querySelector(".ef-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
