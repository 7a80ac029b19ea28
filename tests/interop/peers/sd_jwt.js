// SD-JWT VC with the Token Status List that it may name, and credentials (VCDM 2.0) as SD-JWT.
import {createHash, createPublicKey, randomBytes, sign, verify as check} from 'node:crypto';
import {generate, privateKeyOf} from './jws_keys.js';
import {SDJwtInstance} from '@sd-jwt/core';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const HASHES = {ES256: 'sha256', ES384: 'sha384', EdDSA: null};
const RAW = 'ieee-p1363';

export function identity({algorithm}) {
  return generate(algorithm);
}

export async function issue({algorithm, signer, payload, frame, header}) {
  return instance({algorithm, signer}).issue(payload, frame, {header});
}

export async function present({credential, frame, algorithm, signer, audience, nonce, at}) {
  const kb = {payload: {aud: audience, nonce, iat: at}};
  return instance({algorithm, signer}).present(credential, frame, {kb});
}

export async function verify({presented, algorithm, issuer, nonce, at, statusLists}) {
  const {payload, kb} = await instance({algorithm, issuer, statusLists}).verify(
    presented, {keyBindingNonce: nonce, currentDate: at, requiredClaimKeys: ['vct']});
  return {payload, keyBinding: kb.payload};
}

export async function issueDocument({algorithm, signer, payload, frame, header}) {
  return new SDJwtInstance(settings({algorithm, signer})).issue(payload, frame, {header});
}

export async function verifyDocument({presented, algorithm, issuer, at}) {
  const instance = new SDJwtInstance(settings({algorithm, issuer}));
  return (await instance.verify(presented, {currentDate: at})).payload;
}

function instance(given) {
  return new SDJwtVcInstance(settings(given));
}

function settings({algorithm, signer, issuer, statusLists = {}}) {
  const signing = data => signature(algorithm, signer, data);
  return {
    signer: signing,
    signAlg: algorithm,
    kbSigner: signing,
    kbSignAlg: algorithm,
    verifier: (data, value) => holds(algorithm, issuer, data, value),
    kbVerifier: (data, value, payload) => holds(algorithm, payload.cnf.jwk, data, value),
    hasher: (data, name) => new Uint8Array(
      createHash(name.replace('-', '')).update(Buffer.from(data)).digest()),
    hashAlg: 'sha-256',
    saltGenerator: length => randomBytes(length).toString('base64url'),
    statusListFetcher: async uri => statusLists[uri]
  };
}

function signature(algorithm, signer, data) {
  const key = {key: privateKeyOf(signer), dsaEncoding: RAW};
  return sign(HASHES[algorithm], Buffer.from(data), key).toString('base64url');
}

function holds(algorithm, jwk, data, value) {
  const key = {key: createPublicKey({key: jwk, format: 'jwk'}), dsaEncoding: RAW};
  return check(HASHES[algorithm], Buffer.from(data), key, Buffer.from(value, 'base64url'));
}
