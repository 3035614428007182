/** A chart's numbers as a file: safe to open in a spreadsheet, whatever a title says. */

/* A cell that begins like a formula would be run as one. */
const FORMULA = /^[=+\-@\t\r]/;
const SPECIAL = /[\x22,\r\n]/;
const QUOTE = "\x22";

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return SPECIAL.test(text) ? QUOTE + text.replaceAll(QUOTE, QUOTE + QUOTE) + QUOTE : text;
}

/** Lines of CSV (RFC 4180) with the mark that spreadsheets know UTF-8 by; a missing value is an empty cell. */
export function csvOf({ columns, rows }) {
  return `\ufeff${[columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** A name for a file: the words of `parts`, without what file systems refuse. */
export function fileName(parts, ending) {
  const safe = parts.map((part) => part.replace(/[\\\/:*?\x22<>|\s]+/g, "-").replace(/^[-.]+|-+$/g, ""));
  return `${safe.filter(Boolean).join("-")}.${ending}`;
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
