// The client over Tauri: commands, channels, and the sound protocol.

import { Channel, convertFileSrc, invoke } from "@tauri-apps/api/core";
import type { Client } from "./client";

function channel<T>(on: (message: T) => void): Channel<T> {
  const channel = new Channel<T>();
  channel.onmessage = on;
  return channel;
}

async function fetched(path: string, from: number): Promise<ArrayBuffer> {
  const response = await fetch(convertFileSrc(path, "vouch"), { headers: { Range: `bytes=${from}-` } });
  // Nothing there yet: the sound is still being made.
  if (response.status === 416) return new ArrayBuffer(0);
  if (!response.ok) throw await response.json();
  return response.arrayBuffer();
}

export const tauri: Client = {
  machine: () => invoke("machine"),
  models: () => invoke("models"),
  taste: () => invoke("taste"),
  saveTaste: (taste) => invoke("save_taste", { taste }),
  openLibrary: (passphrase) => invoke("open_library", { passphrase }),
  devices: () => invoke("devices"),
  showFolder: (which) => invoke("show_folder", { which }),
  diagnostics: () => invoke("diagnostics"),

  catalog: () => invoke("catalog"),
  pullModel: (id, on) => invoke("pull_model", { id, on: channel(on) }),
  cancelPull: () => invoke("cancel_pull"),
  importModel: (on) => invoke("import_model", { on: channel(on) }),
  removeModel: (id) => invoke("remove_model", { id }),

  listen: (device, on) => invoke("listen", { device, on: channel(on) }),
  recordSample: (device, prompt, on) => invoke("record_sample", { device, prompt, on: channel(on) }),
  stopRecording: () => invoke("stop_recording"),
  samples: () => invoke("samples"),
  discardSample: (sample) => invoke("discard_sample", { sample }),
  sampleSound: (sample) => invoke("sample_sound", { sample }),
  importSample: () => invoke("import_sample"),
  beginConsent: (terms) => invoke("begin_consent", { terms }),
  speakStatement: (session, device, ownerPassphrase, on) =>
    invoke("speak_statement", { session, device, ownerPassphrase, on: channel(on) }),
  sentenceRead: () => invoke("sentence_read"),
  importStatement: (session) => invoke("import_statement", { session }),

  voices: () => invoke("voices"),
  voiceSound: (voice) => invoke("voice_sound", { voice }),
  renameVoice: (voice, name) => invoke("rename_voice", { voice, name }),
  wouldDie: (voice) => invoke("would_die", { voice }),
  revokeVoice: (voice) => invoke("revoke_voice", { voice }),
  voiceLog: (voice) => invoke("voice_log", { voice }),
  exportVoice: (voice, passphrase) => invoke("export_voice", { voice, passphrase }),
  saveReceipt: (voice) => invoke("save_receipt", { voice }),

  makeTake: (form, on) => invoke("make_take", { form, on: channel(on) }),
  cancelTake: () => invoke("cancel_take"),
  takes: () => invoke("takes"),
  starTake: (take, starred) => invoke("star_take", { take, starred }),
  removeTake: (take) => invoke("remove_take", { take }),
  restoreTake: (take) => invoke("restore_take", { take }),
  takeSound: (take) => invoke("take_sound", { take }),
  exportTake: (take, format) => invoke("export_take", { take, format }),
  sayings: () => invoke("sayings"),
  setSaying: (word, say) => invoke("set_saying", { word, say }),
  removeSaying: (word) => invoke("remove_saying", { word }),

  books: () => invoke("books"),
  importBook: (voice) => invoke("import_book", { voice }),
  importText: (title, text, voice) => invoke("import_text", { title, text, voice }),
  importSampleBook: (voice) => invoke("import_sample_book", { voice }),
  openBook: (book) => invoke("open_book", { book }),
  editBook: (book, edit) => invoke("edit_book", { book, edit }),
  touchedLines: (book, edit) => invoke("touched_lines", { book, edit }),
  removeBook: (book) => invoke("remove_book", { book }),
  lineSound: (book, line, take) => invoke("line_sound", { book, line, take }),
  renderLine: (book, line, newTake) => invoke("render_line", { book, line, newTake }),
  renderBook: (book, chapters, fromLine) => invoke("render_book", { book, chapters, fromLine }),
  exportBook: (book, format, chapters) => invoke("export_book", { book, format, chapters }),

  dubs: () => invoke("dubs"),
  beginDub: (to, from) => invoke("begin_dub", { to, from }),
  openDub: (dub) => invoke("open_dub", { dub }),
  editDub: (dub, edit) => invoke("edit_dub", { dub, edit }),
  removeDub: (dub) => invoke("remove_dub", { dub }),
  importDubSubtitles: (dub, target, to, dropped) => invoke("import_dub_subtitles", { dub, target, to, dropped }),
  prepareDub: (dub) => invoke("prepare_dub", { dub }),
  renderDub: (dub) => invoke("render_dub", { dub }),
  exportDub: (dub, what) => invoke("export_dub", { dub, what }),
  renderCue: (dub, cue, newTake) => invoke("render_cue", { dub, cue, newTake }),
  cueSound: (dub, cue, take) => invoke("cue_sound", { dub, cue, take }),
  recordLine: (dub, cue, device, on) => invoke("record_line", { dub, cue, device, on: channel(on) }),
  lineTakes: (dub) => invoke("line_takes", { dub }),
  lineTakeSound: (dub, take) => invoke("line_take_sound", { dub, take }),
  keepLine: (dub, cue, take) => invoke("keep_line", { dub, cue, take }),
  discardLine: (dub, take) => invoke("discard_line", { dub, take }),
  importLine: (dub, cue) => invoke("import_line", { dub, cue }),
  dubMonitor: (dub, fromMs, toMs, what) => invoke("dub_monitor", { dub, fromMs, toMs, what }),
  framePicture: async (dub, atMs) =>
    new Blob([await fetched(`frame/${dub}/${Math.max(0, Math.round(atMs))}`, 0)], { type: "image/jpeg" }),
  dubPeaks: async (dub, buckets) => new Int8Array(await fetched(`film-peaks/${dub}/${buckets}`, 0)),

  jobs: () => invoke("jobs"),
  pauseJob: (job) => invoke("pause_job", { job }),
  resumeJob: (job) => invoke("resume_job", { job }),
  cancelJob: (job) => invoke("cancel_job", { job }),
  retryJob: (job) => invoke("retry_job", { job }),
  reorderJob: (job, before) => invoke("reorder_job", { job, before }),

  soundBytes: (sound, from) => fetched(`sound/${sound}`, from),
  peaks: async (sound, buckets) => new Int8Array(await fetched(`peaks/${sound}/${buckets}`, 0)),

  subscribe: async (on) => {
    const listener = channel(on);
    await invoke("subscribe", { on: listener });
    return () => {
      listener.onmessage = () => undefined;
    };
  },
};
