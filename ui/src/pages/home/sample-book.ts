// Opens the sample book, asking for the library first where it is not open.

import { useState } from "react";
import { client } from "../../ipc/index";
import { changeTaste, fail, go, useStore } from "../../state/store";

export function useSampleBook(voice: string) {
  const isOpen = useStore((store) => store.machine?.library.state === "open");
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const proceed = async () => {
    setBusy(true);
    try {
      const book = await client.importSampleBook(voice);
      void changeTaste({ welcomed: true });
      go({ page: "book", book: book.card.id });
    } catch (thrown) {
      fail(thrown);
    } finally {
      setBusy(false);
    }
  };
  const open = () => (isOpen ? void proceed() : setAsked(true));
  return { open, proceed: () => void proceed(), busy, door: asked && !isOpen };
}
