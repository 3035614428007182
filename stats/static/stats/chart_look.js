/** What charts are drawn with: Okabe–Ito colours, at least 3 : 1 on their ground, in either theme. */

/* In the order of the series: blue and vermillion; on dark, sky blue and orange. */
const COLOURS = { light: ["#0072B2", "#B84600", "#00795A"], dark: ["#56B4E9", "#E69F00", "#3CC79E"] };

/* A picture that is saved is for reports, whatever the page looks like. */
export const PAPER = {
  colours: COLOURS.light,
  ground: "#ffffff",
  ink: "#14171c",
  muted: "#5e6672",
  grid: "#e4e2dc",
};

export const isDark = () => document.documentElement.classList.contains("dark");

export function lookOf(element) {
  const style = getComputedStyle(element);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    colours: isDark() ? COLOURS.dark : COLOURS.light,
    ground: token("--ef-raised"),
    ink: token("--ef-ink"),
    muted: token("--ef-muted"),
    grid: token("--ef-line"),
  };
}
