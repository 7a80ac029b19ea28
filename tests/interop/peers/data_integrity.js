// Credentials and presentations with Data Integrity proofs.
import * as vc from '@digitalbazaar/vc';
import {cryptosuites} from './cryptosuites.js';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {generate, signerOf} from './keys.js';
import {loader as documentLoader} from './documents.js';

export async function identity({kind}) {
  return generate(kind);
}

export async function issue({credential, did, suite, created, mandatoryPointers}) {
  const cryptosuite = cryptosuites[suite].sign({mandatoryPointers});
  return vc.issue({credential, suite: proofBy({cryptosuite, did, created}), documentLoader});
}

export async function derive({credential, suite, selectivePointers}) {
  const cryptosuite = cryptosuites[suite].derive({selectivePointers});
  return vc.derive({
    verifiableCredential: credential,
    suite: new DataIntegrityProof({cryptosuite}),
    documentLoader
  });
}

export async function verify({credential, now}) {
  return accept(await vc.verifyCredential(
    {credential, now, suite: verifiers(), documentLoader}));
}

export async function present({credential, holder, suite, created, domain, challenge}) {
  const presentation = vc.createPresentation(
    {verifiableCredential: credential, holder, now: created});
  const cryptosuite = cryptosuites[suite].sign({});
  return vc.signPresentation({
    presentation, domain, challenge, documentLoader,
    suite: proofBy({cryptosuite, did: holder, created})
  });
}

export async function verifyPresentation({presentation, now, domain, challenge}) {
  return accept(await vc.verify(
    {presentation, now, domain, challenge, suite: verifiers(), documentLoader}));
}

export function verifiers() {
  return Object.values(cryptosuites).map(
    ({verify: verifying}) => new DataIntegrityProof({cryptosuite: verifying()}));
}

function proofBy({cryptosuite, did, created}) {
  return new DataIntegrityProof({cryptosuite, signer: signerOf(did), date: created});
}

function accept(outcome) {
  if(outcome.verified !== true) {
    const errors = [outcome, outcome.presentationResult, ...(outcome.credentialResults ?? [])]
      .flatMap(result => result?.error ?? []);
    throw new AggregateError(errors.flatMap(error => error.errors ?? error), 'not verified');
  }
  return true;
}
