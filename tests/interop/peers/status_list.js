// Bitstring status lists: made, and looked up in a list credential whose proof is verified.
import {checkStatus, createCredential, createList} from '@digitalbazaar/vc-bitstring-status-list';
import {loader as documentLoader} from './documents.js';
import {verifiers} from './data_integrity.js';

export async function create({id, issuer, length, revoked}) {
  const list = await createList({length});
  for(const index of revoked) {
    list.setStatus(index, true);
  }
  return {...await createCredential({id, list, statusPurpose: 'revocation'}), issuer};
}

export async function check({credential}) {
  const outcome = await checkStatus({credential, documentLoader, suite: verifiers()});
  if(!outcome.verified) {
    throw outcome.error;
  }
  return outcome.results.map(({status}) => status);
}
