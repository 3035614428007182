/** Text with its web addresses as links, built from nodes: nothing of it is ever read as HTML. */

const ADDRESS = /https?:\/\/[^\s<>"'`]+/giu;
const TRAILING = /[.,;:!?…。、]+$/u;
const PARTICLE = /([a-z0-9/])(?:에서|에게|에는|에도|에|으로|로|은|는|이|가|을|를|와|과|의|도|입니다|이에요|예요)$/iu;

/** Splits `text` into {text} and {text, href} parts, in order. */
export function splitLinks(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimAddress(found);
    if (!URL.canParse?.(address) && !parses(address)) continue;
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push({ text: address, href: address });
    end = index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** A sentence's own stop, bracket or Korean particle after an address is not part of it. */
function trimAddress(found) {
  let address = found.replace(TRAILING, "").replace(PARTICLE, "$1");
  for (const [open, close] of ["()", "[]", "{}"]) {
    while (address.endsWith(close) && count(address, close) > count(address, open)) address = address.slice(0, -1);
  }
  return address.replace(TRAILING, "");
}

const count = (text, character) => text.split(character).length - 1;

function parses(address) {
  try {
    return Boolean(new URL(address).hostname);
  } catch {
    return false;
  }
}

export function linkified(text, document = globalThis.document) {
  const fragment = document.createDocumentFragment();
  for (const { text: part, href } of splitLinks(text)) {
    if (!href) {
      fragment.append(part);
      continue;
    }
    const link = document.createElement("a");
    link.href = href;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow ugc";
    link.textContent = part;
    fragment.append(link);
  }
  return fragment;
}
