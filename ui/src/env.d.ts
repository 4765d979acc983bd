/// <reference types="vite/client" />
interface ImportMetaEnv {
  /** Built for the browser tests, over the fake client. */
  readonly FAKE: boolean;
}
declare module "@fontsource-variable/inter";
