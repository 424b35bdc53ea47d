/** What a page that stylises carries for its script, as JSON. Bytes are base64. */

/** A picture in the page: an image file. */
export interface EmbeddedPicture {
  readonly name: string;
  readonly type: string;
  readonly base64: string;
}

export interface PageData {
  readonly neckar: string;
  /** `ONNX Runtime Web 1.30.0`. */
  readonly runtime: string;
  readonly network: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** SHA-256 of the network's file, and its size. */
  readonly model: { readonly sha256: string; readonly bytes: number };
  readonly training?: string;
  readonly trial?: string;
  readonly weights?: string;
  readonly inputs: readonly string[];
  /** Learnt styles, of networks for many; their names, as far as they have any. */
  readonly styles?: number;
  readonly styleNames?: readonly string[];
  readonly minimumSize: number;
  /** Random numbers that the network wants, as `ExportedModel` has them. */
  readonly noise: readonly { readonly input: string; readonly channels: number; readonly divisor: number }[];
  readonly multiple: number;
  /** Shown before there is a photograph. */
  readonly example?: EmbeddedPicture;
  /** To choose from, for networks that take any style. */
  readonly stylePictures: readonly EmbeddedPicture[];
}
