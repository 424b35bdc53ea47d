/** What can be looked at in the comparison: the trials' pictures, and the content and style they were made from. */
import type { PicturesData, ReportData, Snapshot, SourceData, TrialData } from '../data.ts';
import { type Figures, readJson } from './dom.ts';

interface TrialItem {
  readonly kind: 'trial';
  readonly id: string;
}

interface SourceItem {
  readonly kind: 'source';
  /** Of `ReportData.sources`. */
  readonly index: number;
}

export type Item = TrialItem | SourceItem;

export function viewerItems(data: ReportData, figures: Figures) {
  const trials = new Map(data.trials.map((trial) => [trial.id, trial]));
  const ofPicture = ['pair', 'content', 'style'];
  // Large and many: read only when the view is first opened.
  let large: PicturesData | undefined;

  function load(): PicturesData {
    large ??= readJson<PicturesData>('report-pictures');
    return large;
  }

  function isTrial(id: string): boolean {
    return trials.has(id);
  }

  /** Of an id that is a trial's. */
  function trial(id: string): TrialData {
    return trials.get(id)!;
  }

  function source(index: number): SourceData {
    return data.sources[index]!;
  }

  function trialItem(id: string): TrialItem {
    return { kind: 'trial', id };
  }

  function sourceItem(index: number): SourceItem {
    return { kind: 'source', index };
  }

  function same(one: Item | undefined, other: Item | undefined): boolean {
    if (one === undefined || other === undefined) return one === other;
    if (one.kind === 'trial') return other.kind === 'trial' && one.id === other.id;
    return other.kind === 'source' && one.index === other.index;
  }

  /** The image element of a trial's picture; undefined where it has none. */
  function pictureOf(id: string): HTMLImageElement | undefined {
    return figures.get(id)?.querySelector('img') ?? undefined;
  }

  /** Content, style and every trial of the same pair that has a picture: what the strip offers. */
  function ofPair(id: string): Item[] {
    const { at, content, style } = trial(id);
    const others = data.trials.filter(
      (other) => other.at.pair === at.pair && pictureOf(other.id) !== undefined,
    );
    return [sourceItem(content), sourceItem(style), ...others.map((other) => trialItem(other.id))];
  }

  function titleOf(item: Item): string {
    if (item.kind === 'source') return `${source(item.index).which}: ${source(item.index).name}`;
    return trial(item.id).label;
  }

  /** A title within its pair: `content`, or what tells a trial from its neighbours. */
  function shortTitleOf(item: Item): string {
    if (item.kind === 'source') return source(item.index).which;
    const { at } = trial(item.id);
    return data.axes
      .filter(({ key, values }) => !ofPicture.includes(key) && (values.length > 1 || key === 'variant'))
      .map(({ key, values }) => values[at[key]!])
      .join(' ');
  }

  function snapshotsOf(item: Item | undefined): readonly Snapshot[] {
    return item?.kind === 'trial' ? (load().snapshots[item.id] ?? []) : [];
  }

  /** The source of an item's picture, at an evaluation where it has one and that is given. */
  function srcOf(item: Item, step?: number): string | undefined {
    if (item.kind === 'source') return load().sources[item.index] ?? source(item.index).src;
    const at = snapshotsOf(item)
      .filter(({ evaluation }) => step !== undefined && evaluation <= step)
      .at(-1);
    if (at !== undefined) return at.src;
    const image = pictureOf(item.id);
    return image?.dataset.full ?? image?.getAttribute('src') ?? undefined;
  }

  function thumbnailOf(item: Item): string | undefined {
    if (item.kind === 'source') return source(item.index).src;
    const image = pictureOf(item.id);
    return image?.dataset.small ?? image?.getAttribute('src') ?? undefined;
  }

  /**
   * The trial of the same method on another pair.
   * @param by - how many pairs on; beyond the last comes the first
   * @returns its id, and what stands there for an item of the pair one comes from
   */
  function onAnotherPair(id: string, by: number) {
    const here = trial(id);
    const keys = Object.keys(here.at).filter((key) => !ofPicture.includes(key));
    const alike = data.trials.filter(
      (other) => pictureOf(other.id) !== undefined && keys.every((key) => other.at[key] === here.at[key]),
    );
    const at = alike.findIndex((other) => other.id === id);
    const next = alike[(at + by + alike.length) % alike.length]!;
    const partner = (item: Item): Item => {
      if (item.kind === 'source') {
        return sourceItem(
          item.index === here.content ? next.content : item.index === here.style ? next.style : item.index,
        );
      }
      const other = trial(item.id);
      const found = data.trials.find(
        (one) => one.at.pair === next.at.pair && keys.every((key) => one.at[key] === other.at[key]),
      );
      return trialItem(found !== undefined && pictureOf(found.id) ? found.id : next.id);
    };
    return { id: next.id, partner };
  }

  /** What an item is called in an address, beside a trial of its pair; and the item of such a name. */
  function nameOf(item: Item, id: string): string {
    if (item.kind === 'trial') return item.id;
    const own = (['content', 'style'] as const).find((which) => trial(id)[which] === item.index);
    return own ?? `source-${item.index}`;
  }

  function named(name: string | undefined, id: string): Item | undefined {
    if (name === 'content' || name === 'style') return sourceItem(trial(id)[name]);
    const [, index] = /^source-(\d+)$/.exec(name ?? '') ?? [];
    if (index !== undefined && data.sources[Number(index)] !== undefined) return sourceItem(Number(index));
    return name !== undefined && isTrial(name) && pictureOf(name) !== undefined ? trialItem(name) : undefined;
  }

  return {
    load,
    nameOf,
    named,
    isTrial,
    trial,
    trialItem,
    sourceItem,
    same,
    pictureOf,
    ofPair,
    titleOf,
    shortTitleOf,
    snapshotsOf,
    srcOf,
    thumbnailOf,
    onAnotherPair,
  };
}
