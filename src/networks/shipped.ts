/** The networks that come with Neckar, as experiments write them. */
export { johnson } from './johnson.ts';
export { onnx } from './onnx.ts';
