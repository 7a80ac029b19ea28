// bbs-2023 in JavaScript, in a process that stays: one JSON request a line, one JSON answer a line.
//
//   {"know": {url: document}}                          what may be looked up, and nothing else
//   {"prepare": {size, credential, secured, derived, mandatory, selective}}
//   {"run": {work: "verify", size, count}}
//   {"spent": true}                                    seconds of work so far, as {"seconds": ...}
import * as bbs2023 from '@digitalbazaar/bbs-2023-cryptosuite';
import * as Multikey from '@digitalbazaar/bls12-381-multikey';
import {createInterface} from 'node:readline';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import jsigs from 'jsonld-signatures';

const known = new Map();
const works = new Map();
const pair = await Multikey.generateBbsKeyPair(
  {algorithm: Multikey.ALGORITHMS.BBS_BLS12381_SHA256});
pair.controller = 'did:example:issuer';
pair.id = 'did:example:issuer#key';
let spent = 0;

async function documentLoader(url) {
  if(!known.has(url)) {
    throw new Error(`${url} is not known here`);
  }
  return {contextUrl: null, documentUrl: url, document: known.get(url), tag: 'static'};
}

function options(cryptosuite, signer) {
  return {
    suite: new DataIntegrityProof({cryptosuite, signer}),
    purpose: new jsigs.purposes.AssertionProofPurpose(),
    documentLoader
  };
}

async function issue({credential, mandatory}) {
  const cryptosuite = bbs2023.createSignCryptosuite({mandatoryPointers: mandatory});
  return jsigs.sign(structuredClone(credential), options(cryptosuite, pair.signer()));
}

async function derive({secured, selective}) {
  const cryptosuite = bbs2023.createDiscloseCryptosuite({selectivePointers: selective});
  return jsigs.derive(structuredClone(secured), options(cryptosuite));
}

async function verify({derived}) {
  const {verified, error} = await jsigs.verify(
    structuredClone(derived), options(bbs2023.createVerifyCryptosuite()));
  if(!verified) {
    throw error;
  }
}

async function run({work, size, count}) {
  const called = {issue, derive, verify}[work];
  const began = {cpu: process.cpuUsage(), wall: performance.now()};
  for(let done = 0; done < count; done++) {
    await called(works.get(size));
  }
  const {user, system} = process.cpuUsage(began.cpu);
  // Other threads compile and tidy up, other processes take the core: whichever counts less.
  spent += Math.min((user + system) / 1e6, (performance.now() - began.wall) / 1e3);
}

async function answer({know, prepare, run: asked}) {
  for(const [url, document] of Object.entries(know ?? {})) {
    known.set(url, document);
  }
  if(prepare) {
    works.set(prepare.size, prepare);
  }
  if(asked) {
    await run(asked);
  }
  return {seconds: spent};
}

for await (const line of createInterface({input: process.stdin})) {
  let said;
  try {
    said = await answer(JSON.parse(line));
  } catch(error) {
    said = {refusal: [error, ...(error.errors ?? [])].map(one => one.message).join('; ')};
  }
  process.stdout.write(JSON.stringify(said) + '\n');
}
