import test from 'ava';
import { startEngine } from '../../src/engines/start.ts';
import { testContract } from './contract.ts';

const engine = startEngine({ name: 'onnx', provider: 'cpu' });
testContract(test, 'onnx on cpu', () => engine);
