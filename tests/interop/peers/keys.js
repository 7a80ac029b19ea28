// Keys that a peer makes for itself and keeps, each of them a did:key.
import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';

const generators = {
  'Ed25519': () => Ed25519Multikey.generate(),
  'P-256': () => EcdsaMultikey.generate({curve: 'P-256'}),
  'P-384': () => EcdsaMultikey.generate({curve: 'P-384'}),
  'Bls12381G2': () => Bls12381Multikey.generateBbsKeyPair(
    {algorithm: Bls12381Multikey.ALGORITHMS.BBS_BLS12381_SHA256})
};
const pairs = new Map();

export async function generate(kind) {
  const pair = await generators[kind]();
  const {publicKeyMultibase} = await pair.export({publicKey: true});
  const did = `did:key:${publicKeyMultibase}`;
  pair.controller = did;
  pair.id = `${did}#${publicKeyMultibase}`;
  pairs.set(did, pair);
  return did;
}

export function pairOf(did) {
  return pairs.get(did);
}

export function signerOf(did) {
  // The libraries' signers carry the id that the pair had when it was made.
  return {...pairs.get(did).signer(), id: pairs.get(did).id};
}
