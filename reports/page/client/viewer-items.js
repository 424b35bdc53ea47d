/** What can be looked at in the comparison: the trials' pictures, and the content and style they were made from. */
import { readJson } from './dom.js';

/**
 * Items are `{kind: 'trial', id}` or `{kind: 'source', index}`, the latter an index of `data.sources`.
 *
 * @param figures - trial id -> its figure, in the document or not
 */
export function viewerItems(data, figures) {
  const trials = new Map(data.trials.map((trial) => [trial.id, trial]));
  const ofPicture = ['pair', 'content', 'style'];
  // Large and many: read only when the view is first opened.
  let large;

  function load() {
    large ??= readJson('report-pictures');
  }

  function trial(id) {
    return trials.get(id);
  }

  function trialItem(id) {
    return { kind: 'trial', id };
  }

  function sourceItem(index) {
    return { kind: 'source', index };
  }

  function same(one, other) {
    return one?.kind === other?.kind && one?.id === other?.id && one?.index === other?.index;
  }

  /** The image element of a trial's picture; undefined where it has none. */
  function pictureOf(id) {
    return figures.get(id)?.querySelector('img') ?? undefined;
  }

  /** Content, style and every trial of the same pair that has a picture: what the strip offers. */
  function ofPair(id) {
    const { at, content, style } = trial(id);
    const others = data.trials.filter(
      (other) => other.at.pair === at.pair && pictureOf(other.id) !== undefined,
    );
    return [sourceItem(content), sourceItem(style), ...others.map((other) => trialItem(other.id))];
  }

  function titleOf(item) {
    if (item.kind === 'source') return `${data.sources[item.index].which}: ${data.sources[item.index].name}`;
    return trial(item.id).label;
  }

  /** A title within its pair: `content`, or what tells a trial from its neighbours. */
  function shortTitleOf(item) {
    if (item.kind === 'source') return data.sources[item.index].which;
    const { at } = trial(item.id);
    return data.axes
      .filter(({ key, values }) => !ofPicture.includes(key) && (values.length > 1 || key === 'variant'))
      .map(({ key, values }) => values[at[key]])
      .join(' ');
  }

  function snapshotsOf(item) {
    return item?.kind === 'trial' ? (large.snapshots[item.id] ?? []) : [];
  }

  /** The source of an item's picture, at an evaluation where it has one and that is given. */
  function srcOf(item, step) {
    if (item.kind === 'source') return large.sources[item.index] ?? data.sources[item.index].src;
    const at = snapshotsOf(item)
      .filter(({ evaluation }) => step !== undefined && evaluation <= step)
      .at(-1);
    if (at !== undefined) return at.src;
    const image = pictureOf(item.id);
    return image.dataset.full ?? image.getAttribute('src');
  }

  function thumbnailOf(item) {
    if (item.kind === 'source') return data.sources[item.index].src;
    const image = pictureOf(item.id);
    return image.dataset.small ?? image.getAttribute('src');
  }

  /**
   * The trial of the same method on another pair.
   * @param by - how many pairs on; beyond the last comes the first
   * @returns its id, and what stands there for an item of the pair one comes from
   */
  function onAnotherPair(id, by) {
    const here = trial(id);
    const keys = Object.keys(here.at).filter((key) => !ofPicture.includes(key));
    const alike = data.trials.filter(
      (other) => pictureOf(other.id) !== undefined && keys.every((key) => other.at[key] === here.at[key]),
    );
    const at = alike.findIndex((other) => other.id === id);
    const next = alike[(at + by + alike.length) % alike.length];
    const partner = (item) => {
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
  function nameOf(item, id) {
    if (item.kind === 'trial') return item.id;
    return ['content', 'style'].find((which) => trial(id)[which] === item.index) ?? `source-${item.index}`;
  }

  function named(name, id) {
    if (name === 'content' || name === 'style') return sourceItem(trial(id)[name]);
    const [, index] = /^source-(\d+)$/.exec(name ?? '') ?? [];
    if (index !== undefined && data.sources[index] !== undefined) return sourceItem(Number(index));
    return trial(name) !== undefined && pictureOf(name) !== undefined ? trialItem(name) : undefined;
  }

  return {
    load,
    nameOf,
    named,
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
