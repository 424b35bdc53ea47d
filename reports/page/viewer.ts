/** The full-screen comparison view: its parts, brought to life by the script. */
import { type Html, html } from '../../src/platform/html.ts';

const modes = [
  ['one', 'One', '1'],
  ['side', 'Side by side', '2'],
  ['wipe', 'Wipe', '3'],
  ['difference', 'Difference', '4'],
] as const;

export function viewer(): Html {
  const pane = (name: string) =>
    html`<figure class="pane" data-part="${name}"><div class="sheet"><img alt="" draggable="false"></div><figcaption></figcaption></figure>`;
  return html`<dialog id="viewer" aria-label="Comparison">
<div class="bar">
<h2 data-part="title" aria-live="polite"></h2>
<div class="buttons" role="group" aria-label="View">${modes.map(
    ([mode, label, key]) =>
      html`<button type="button" data-mode-button="${mode}" aria-pressed="false" title="${label} (${key})">${label}</button>`,
  )}</div>
<div class="buttons"><button type="button" data-action="peek-content" data-part="peek-content" aria-pressed="false" title="Content instead of A (hold C)">Content</button><button type="button" data-action="peek-style" data-part="peek-style" aria-pressed="false" title="Style instead of A (hold S)">Style</button></div>
<div class="buttons zooming"><button type="button" data-action="zoom-out" aria-label="Zoom out" title="Zoom out (−)">−</button><button type="button" data-action="fit" data-part="fit" aria-pressed="true" title="Fit the window (0)">Fit</button><button type="button" data-action="pixels" data-part="pixels" aria-pressed="false" title="One pixel of the picture on one of the screen (P)">100 %</button><button type="button" data-action="zoom-in" aria-label="Zoom in" title="Zoom in (+)">+</button><output data-part="zoom" title="Of the picture’s own pixels"></output></div>
<div class="buttons"><button type="button" data-action="info" data-part="info" aria-expanded="false" title="Configuration (I)">Details</button><button type="button" data-action="close" title="Close (Esc)">Close</button></div>
</div>
<div class="desk"><div class="stage" data-part="stage" tabindex="0" aria-label="Pictures. Arrow keys left and right change A, with Shift B; up and down change the pair; plus, minus, 0 (fit) and P (pixel by pixel) zoom; hold C or S for content or style.">${pane('a')}${pane('b')}<div class="divider" data-part="divider"></div></div>
<aside data-part="details" hidden aria-label="Configuration"></aside></div>
<div class="controls">
<label class="for-wipe">Wipe <input type="range" min="0" max="100" value="50" data-part="wipe"></label>
<label class="for-difference">Amplify <input type="range" min="1" max="16" step="1" value="4" data-part="gain"></label>
<label data-part="scrub">Evaluations <input type="range" min="0" max="1" value="1" data-part="scrubber"> <output data-part="scrub-label"></output></label>
</div>
<div class="strip" data-part="strip" role="group" aria-label="Pictures of this pair"></div>
<p class="help"><kbd>←</kbd> <kbd>→</kbd> A · <kbd>Shift</kbd> <kbd>←</kbd> <kbd>→</kbd> B · <kbd>↑</kbd> <kbd>↓</kbd> pair · <kbd>C</kbd> content · <kbd>S</kbd> style · <kbd>1</kbd>–<kbd>4</kbd> view · <kbd>[</kbd> <kbd>]</kbd> evaluations · <kbd>0</kbd> fit · <kbd>P</kbd> 100 % · <kbd>I</kbd> details</p>
</dialog>`;
}
