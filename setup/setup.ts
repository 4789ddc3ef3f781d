// `npm run setup`: everything a first job needs, ahead of time.
import { ensureEnvironment } from "../server/src/engine/images/environments.ts";
import { environmentLock } from "../server/src/engine/images/prepare.ts";
import { bringSystemPackages } from "./system.ts";

await bringSystemPackages({ forTests: false });
const progress = (line: string) => console.error(line);
await ensureEnvironment(environmentLock("xgboost"), { variables: process.env, progress });
console.error("Set up. Start with `npm start`.");
