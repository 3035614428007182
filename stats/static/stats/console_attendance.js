/** The console's attendance tab: the server's page, with definitions in sight and a seal to copy. */
import { offerCopying } from "../../../webinars/static/webinars/copying.js";
import { keepDefinitionsInSight } from "./definitions.js";

keepDefinitionsInSight();
offerCopying(document.getElementById("attendance-tab"));
