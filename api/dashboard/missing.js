// The page for an address at which there is nothing.

import { watch } from "./shell.js";

watch();
