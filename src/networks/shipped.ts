/** The networks that come with Neckar, each by the function with which experiments write it. */

export { adain } from './adain.ts';
export { cartoongan } from './cartoongan.ts';
export { dumoulin } from './dumoulin.ts';
export { johnson } from './johnson.ts';
export { microast } from './microast.ts';
export { onnx } from './onnx.ts';
export { stylebank } from './stylebank.ts';
export { ulyanov } from './ulyanov.ts';
export { wct } from './wct.ts';
