import { createRoot } from "react-dom/client";
import { App } from "./app";
import { startLanguage } from "./i18n/index";
import { connect } from "./ipc/index";
import { begin, useStore } from "./state/store";
import "./style.css";

async function start(): Promise<void> {
  await connect();
  await begin();
  startLanguage(useStore.getState().taste.language);
  createRoot(document.getElementById("root") as HTMLElement).render(<App />);
}

void start();
