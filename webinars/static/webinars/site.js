/** Every page: times in the visitor's zone. */
import { showLocalTimes } from "./local_times.js";

showLocalTimes();
