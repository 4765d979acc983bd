// The one door to the program behind the window: a hand-written, typed client. Pages know this interface only.

import type { AttemptView } from "./bindings/AttemptView";
import type { BookCardView } from "./bindings/BookCardView";
import type { BookEdit } from "./bindings/BookEdit";
import type { BookView } from "./bindings/BookView";
import type { CatalogView } from "./bindings/CatalogView";
import type { CeremonyNews } from "./bindings/CeremonyNews";
import type { ChallengeView } from "./bindings/ChallengeView";
import type { ChangedView } from "./bindings/ChangedView";
import type { DeviceView } from "./bindings/DeviceView";
import type { DiesView } from "./bindings/DiesView";
import type { DubCardView } from "./bindings/DubCardView";
import type { DubEdit } from "./bindings/DubEdit";
import type { DubExport } from "./bindings/DubExport";
import type { DubView } from "./bindings/DubView";
import type { JobView } from "./bindings/JobView";
import type { LevelView } from "./bindings/LevelView";
import type { LibraryView } from "./bindings/LibraryView";
import type { LineTakeView } from "./bindings/LineTakeView";
import type { LogView } from "./bindings/LogView";
import type { Machine } from "./bindings/Machine";
import type { ModelView } from "./bindings/ModelView";
import type { MonitorKind } from "./bindings/MonitorKind";
import type { News } from "./bindings/News";
import type { Problem } from "./bindings/Problem";
import type { PullNews } from "./bindings/PullNews";
import type { RoomView } from "./bindings/RoomView";
import type { SampleView } from "./bindings/SampleView";
import type { SavedView } from "./bindings/SavedView";
import type { SayingView } from "./bindings/SayingView";
import type { SoundFormat } from "./bindings/SoundFormat";
import type { SoundView } from "./bindings/SoundView";
import type { SubtitleUse } from "./bindings/SubtitleUse";
import type { TakeForm } from "./bindings/TakeForm";
import type { TakeNews } from "./bindings/TakeNews";
import type { TakeView } from "./bindings/TakeView";
import type { Taste } from "./bindings/Taste";
import type { TermsForm } from "./bindings/TermsForm";
import type { VoiceView } from "./bindings/VoiceView";

export interface Client {
  // This machine
  machine(): Promise<Machine>;
  models(): Promise<ModelView[]>;
  taste(): Promise<Taste>;
  saveTaste(taste: Taste): Promise<void>;
  /** Makes the library, or opens it, with the system's keyring or with a passphrase. */
  openLibrary(passphrase: string | null): Promise<LibraryView>;
  devices(): Promise<DeviceView[]>;
  /** Opens the exports folder, or the library's, in the system's file manager. */
  showFolder(which: "exports" | "library"): Promise<void>;
  /** What happened lately, for a report: no text, no names. */
  diagnostics(): Promise<string>;

  // Models that are not part of the program
  catalog(): Promise<CatalogView[]>;
  /** Gets a model, goes on with one, or mends one. One at a time. */
  pullModel(id: string, on: (news: PullNews) => void): Promise<void>;
  /** Stops `pullModel` and `importModel`, which then fail as interrupted; what has come is kept. */
  cancelPull(): Promise<void>;
  /** Asks for a folder; the model's name, or null when the user chose none. */
  importModel(on: (news: PullNews) => void): Promise<string | null>;
  removeModel(id: string): Promise<void>;

  // Recording and consent
  /** Meters the room and keeps nothing; ends with `stopRecording`. */
  listen(device: string | null, on: (level: LevelView) => void): Promise<RoomView>;
  /** Records onto a sealed tape; ends with `stopRecording`. */
  recordSample(device: string | null, prompt: string, on: (level: LevelView) => void): Promise<SampleView>;
  /** Ends `listen` and `recordSample` well, and a statement without a result. */
  stopRecording(): Promise<void>;
  samples(): Promise<SampleView[]>;
  discardSample(sample: string): Promise<void>;
  sampleSound(sample: string): Promise<SoundView>;
  /** Asks for a file. Only a demo library takes any; the others refuse in words. */
  importSample(): Promise<SampleView | null>;
  beginConsent(terms: TermsForm): Promise<ChallengeView>;
  /** Takes the statement: the sentence until `sentenceRead`, then the words as the news tells; then it is judged. */
  speakStatement(
    session: string,
    device: string | null,
    ownerPassphrase: string | null,
    on: (news: CeremonyNews) => void,
  ): Promise<AttemptView>;
  sentenceRead(): Promise<void>;
  /** Only a demo library: asks for a file in place of the statement. */
  importStatement(session: string): Promise<AttemptView | null>;

  // Voices
  voices(): Promise<VoiceView[]>;
  /** A short sentence in the voice. */
  voiceSound(voice: string): Promise<SoundView>;
  renameVoice(voice: string, name: string): Promise<void>;
  wouldDie(voice: string): Promise<DiesView>;
  revokeVoice(voice: string): Promise<void>;
  voiceLog(voice: string | null): Promise<LogView[]>;
  exportVoice(voice: string, passphrase: string): Promise<SavedView>;
  saveReceipt(voice: string): Promise<SavedView>;

  // Speak
  makeTake(form: TakeForm, on: (news: TakeNews) => void): Promise<TakeView>;
  cancelTake(): Promise<void>;
  takes(): Promise<TakeView[]>;
  starTake(take: string, starred: boolean): Promise<void>;
  removeTake(take: string): Promise<void>;
  restoreTake(take: string): Promise<void>;
  takeSound(take: string): Promise<SoundView>;
  exportTake(take: string, format: SoundFormat): Promise<SavedView>;
  sayings(): Promise<SayingView[]>;
  setSaying(word: string, say: string): Promise<SayingView[]>;
  removeSaying(word: string): Promise<SayingView[]>;

  // Narrate
  books(): Promise<BookCardView[]>;
  /** Asks for a file; null when the user chose none. */
  importBook(voice: string): Promise<BookView | null>;
  importText(title: string, text: string, voice: string): Promise<BookView>;
  importSampleBook(voice: string): Promise<BookView>;
  openBook(book: number): Promise<BookView>;
  editBook(book: number, edit: BookEdit): Promise<ChangedView>;
  /** How many lines an edit would touch. */
  touchedLines(book: number, edit: BookEdit): Promise<number>;
  removeBook(book: number): Promise<void>;
  lineSound(book: number, line: number, take: number | null): Promise<SoundView>;
  /** Makes one line now, before everything else. `newTake` tries another reading. */
  renderLine(book: number, line: number, newTake: boolean): Promise<ChangedView>;
  /** `chapters` as in "1-3,5"; both null: the whole book from its start. Answers the job's number. */
  renderBook(book: number, chapters: string | null, fromLine: number | null): Promise<number>;
  exportBook(book: number, format: SoundFormat, chapters: string | null): Promise<number>;

  // Dub
  dubs(): Promise<DubCardView[]>;
  /** Asks for a film; null when the user chose none. `from` null: a recogniser finds out. */
  beginDub(to: string, from: string | null): Promise<DubView | null>;
  openDub(dub: number): Promise<DubView>;
  editDub(dub: number, edit: DubEdit): Promise<DubView>;
  removeDub(dub: number): Promise<void>;
  /** Subtitles of the film (`target` false) or of the dub, in place of the cues or only for their words. Asks for the file,
      unless those that were dropped on the window are meant. Null when none was chosen. */
  importDubSubtitles(dub: number, target: boolean, to: SubtitleUse, dropped: boolean): Promise<DubView | null>;
  /** Listens, tells speakers apart, and puts words into the language of the dub. Answers the job's number. */
  prepareDub(dub: number): Promise<number>;
  /** Makes every cue that is not made as it stands. Answers the job's number. */
  renderDub(dub: number): Promise<number>;
  exportDub(dub: number, what: DubExport): Promise<number>;
  /** Makes one cue now, before everything else. `newTake` tries another reading. */
  renderCue(dub: number, cue: number, newTake: boolean): Promise<DubView>;
  cueSound(dub: number, cue: number, take: number | null): Promise<SoundView>;
  /** Records a cue's own line onto a sealed tape; ends with `stopRecording`, or much beyond the cue. It waits to be kept. */
  recordLine(dub: number, cue: number, device: string | null, on: (level: LevelView) => void): Promise<LineTakeView>;
  /** Recordings of lines that nobody has kept or discarded, those that a crash cut short included. */
  lineTakes(dub: number): Promise<LineTakeView[]>;
  lineTakeSound(dub: number, take: string): Promise<SoundView>;
  /** Makes a recording the line of a cue, in place of its voice. */
  keepLine(dub: number, cue: number, take: string): Promise<DubView>;
  discardLine(dub: number, take: string): Promise<void>;
  /** Asks for a file with somebody's speech; null when none was chosen. */
  importLine(dub: number, cue: number): Promise<DubView | null>;
  /** A stretch of at most 60 s of what is heard. */
  dubMonitor(dub: number, fromMs: number, toMs: number, what: MonitorKind): Promise<SoundView>;
  /** The picture at a moment of the film, as JPEG, at most 640 wide. */
  framePicture(dub: number, atMs: number): Promise<Blob>;
  /** Peaks of the film's own sound, as those of `peaks`. */
  dubPeaks(dub: number, buckets: number): Promise<Int8Array>;

  // Jobs
  jobs(): Promise<JobView[]>;
  pauseJob(job: number): Promise<void>;
  resumeJob(job: number): Promise<void>;
  cancelJob(job: number): Promise<void>;
  retryJob(job: number): Promise<void>;
  /** Before another job, or to the end. */
  reorderJob(job: number, before: number | null): Promise<void>;

  // Sound
  /** 16-bit little-endian mono samples of a sound, from byte `from` (of the samples, not of a file). */
  soundBytes(sound: string, from: number): Promise<ArrayBuffer>;
  /** Pairs of signed bytes, lowest and highest of each of `buckets` stretches. */
  peaks(sound: string, buckets: number): Promise<Int8Array>;

  /** Everything that the window is told without having asked. Answers how to stop listening. */
  subscribe(on: (news: News) => void): Promise<() => void>;
}

/** Whether something thrown is a problem of the program, with words for people. */
export function isProblem(thrown: unknown): thrown is Problem {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown && "fix" in thrown;
}

/** Any failure as a problem. */
export function problemOf(thrown: unknown): Problem {
  if (isProblem(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "internal", message, fix: "" };
}
