/** What a form asks of whoever takes its answers: the study's server, or the file they are saved in. */
import type { Facts, GivenAnswer, Outcomes, PublicSession, PublicStudy } from '../exchange.ts';

/** What a session begins with. */
export interface Beginning {
  readonly study: string;
  readonly token: string;
  readonly accessCode?: string;
  readonly consent: true;
  readonly language: string;
  readonly background: Facts;
  readonly conditions: Facts;
}

/** Everything that asks somebody rejects with a `Problem`. */
export interface Transport {
  /** Whether the form is a file, which nobody answers. */
  readonly fromDisk: boolean;
  useToken(token: string | undefined): void;
  study(): Promise<PublicStudy>;
  /** Resolves when the access code is right. */
  code(accessCode: string): Promise<unknown>;
  start(beginning: Beginning): Promise<PublicSession>;
  session(): Promise<PublicSession>;
  answers(study: string, answers: readonly GivenAnswer[]): Promise<Outcomes>;
  finish(study: string): Promise<unknown>;
  withdraw(code: string): Promise<unknown>;
  /** The bytes of a picture. */
  picture(hash: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Of a form that is a file: the file with the answers. */
  file?(): { readonly name: string; readonly text: string };
}
