// JSON Web Signatures around a credential or presentation.
import * as jose from 'jose';
import {generate, privateKeyOf} from './jws_keys.js';

export function identity({algorithm}) {
  return generate(algorithm);
}

export async function sign({payload, header, algorithm, signer}) {
  const text = new TextEncoder().encode(JSON.stringify(payload));
  return new jose.CompactSign(text)
    .setProtectedHeader({...header, alg: algorithm})
    .sign(privateKeyOf(signer));
}

export async function verify({token, jwk, algorithm, typ, audience, at}) {
  const key = await jose.importJWK(jwk, algorithm);
  const {payload} = await jose.jwtVerify(
    token, key, {algorithms: [algorithm], typ, audience, currentDate: new Date(at)});
  return payload;
}
