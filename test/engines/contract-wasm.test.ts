import test from 'ava';
import { startEngine } from '../../src/engines/start.ts';
import { testContract } from './contract.ts';

const engine = startEngine({ name: 'tensorflow', provider: 'wasm' });
testContract(test, 'tensorflow on wasm', () => engine);
