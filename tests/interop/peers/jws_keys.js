// Keys of JOSE parties, which a peer makes for itself and keeps, one for each algorithm.
import {generateKeyPairSync} from 'node:crypto';

const generators = {
  ES256: () => generateKeyPairSync('ec', {namedCurve: 'P-256'}),
  ES384: () => generateKeyPairSync('ec', {namedCurve: 'P-384'}),
  EdDSA: () => generateKeyPairSync('ed25519')
};
const pairs = new Map();

export function generate(algorithm) {
  const pair = generators[algorithm]();
  pairs.set(algorithm, pair);
  return pair.publicKey.export({format: 'jwk'});
}

export function privateKeyOf(algorithm) {
  return pairs.get(algorithm).privateKey;
}
