// Keys of JOSE parties, which a peer makes for itself and keeps, found again by their public half.
import {generateKeyPairSync} from 'node:crypto';

const generators = {
  ES256: () => generateKeyPairSync('ec', {namedCurve: 'P-256'}),
  ES384: () => generateKeyPairSync('ec', {namedCurve: 'P-384'}),
  EdDSA: () => generateKeyPairSync('ed25519')
};
const secrets = new Map();

export function generate(algorithm) {
  const {publicKey, privateKey} = generators[algorithm]();
  const jwk = publicKey.export({format: 'jwk'});
  secrets.set(jwk.x, privateKey);
  return jwk;
}

export function privateKeyOf(jwk) {
  return secrets.get(jwk.x);
}
