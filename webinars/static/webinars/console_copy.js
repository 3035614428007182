/** Console pages with an address to pass on. */
import { offerCopying } from "./copying.js";

offerCopying(document);
