/** What the form's script, the form it is part of and the study's server give each other. */

/** A study before a session begins. */
export interface PublicStudy {
  /** Its hash. */
  readonly study: string;
  readonly title: string;
  /** How long a session takes at most. */
  readonly minutes: number;
  readonly resumeHours: number;
  /** Whether "can't tell" is offered. */
  readonly cannotTell: boolean;
  readonly needsCode: boolean;
  readonly languages: readonly string[];
}

export interface PublicPicture {
  readonly hash: string;
  readonly width: number;
  readonly height: number;
}

export interface PublicTrial {
  readonly kind: 'pair' | 'rating';
  readonly training: boolean;
  readonly questions: readonly string[];
  /** `content` and `style` above; `left` and `right`, or `only`, below. */
  readonly pictures: Readonly<Record<string, PublicPicture>>;
}

/** The newest answer to a question, as a session that goes on knows it. */
export interface KnownAnswer {
  /** Position in the session. */
  readonly trial: number;
  readonly question: string;
  /** 0, and one more for every time the rater went back and changed it. */
  readonly revision: number;
  readonly choice: string;
}

/** An answer as it is sent. */
export interface GivenAnswer extends KnownAnswer {
  /** Made by the browser; sending the same answer again changes nothing. */
  readonly id: string;
  /** From the pictures being shown to the answer. */
  readonly milliseconds: number;
  /** How often the rater zoomed meanwhile. */
  readonly zooms: number;
}

export interface PublicSession {
  readonly study: string;
  readonly finished: boolean;
  readonly trials: readonly PublicTrial[];
  readonly answers: readonly KnownAnswer[];
}

/** What a rater tells of themselves and of how pictures are looked at: name -> one of the answers offered. */
export type Facts = Readonly<Record<string, string>>;

/** What became of an answer. */
export interface Outcome {
  readonly id: string;
  readonly saved: boolean;
  /** Why it was not: `answered`, `unfit` or `gone`. */
  readonly code?: string;
}

export interface Outcomes {
  readonly outcomes: readonly Outcome[];
  /** Default: `open`. */
  readonly session?: 'open' | 'finished' | 'expired' | 'gone';
}

/** A part of the researcher's own words before consent. */
export interface ConsentWords {
  readonly text: string;
  readonly style?: 'strong' | 'em';
  /** An address that begins with `https://`, `http://` or `mailto:`. */
  readonly link?: string;
}

export type ConsentBlock =
  | { readonly kind: 'heading' | 'paragraph'; readonly words: readonly ConsentWords[] }
  | {
      readonly kind: 'list';
      readonly ordered: boolean;
      readonly items: readonly (readonly ConsentWords[])[];
    };

/** A question about the rater. */
export interface AskedFact {
  readonly name: string;
  readonly answers: readonly string[];
  /** Where its answers are those of a long list. */
  readonly list?: 'countries' | 'languages';
}

/** What a form that works from disk holds beyond texts: its session and its pictures. */
export interface EmbeddedForm {
  readonly form: string;
  readonly seal: string;
  readonly study: PublicStudy;
  readonly session: PublicSession;
  /** Hash -> bytes in base64. */
  readonly pictures: Readonly<Record<string, string>>;
}

/** `form-data` of the page: all that its script works with. */
export interface FormPageData {
  /** Language -> key -> text. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Language -> the researcher's words. */
  readonly consent: Readonly<Record<string, readonly ConsentBlock[]>>;
  readonly background: readonly AskedFact[];
  /** What is asked of how pictures are looked at: name -> answers. */
  readonly conditions: Readonly<Record<string, readonly string[]>>;
  readonly embedded?: EmbeddedForm;
}
