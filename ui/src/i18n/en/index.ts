// One file for each page.

export { ceremony } from "./ceremony";
export { dub } from "./dub";
export { home } from "./home";
export { jobs } from "./jobs";
export { models } from "./models";
export { narrate } from "./narrate";
export { settings } from "./settings";
export { shell } from "./shell";
export { speak } from "./speak";
export { voices } from "./voices";
