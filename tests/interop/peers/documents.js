// The only documents that a peer can see, by URL: contexts, DID documents, and what is inside them.
const MULTIKEY = 'https://w3id.org/security/multikey/v1';
const known = new Map();

export function know(documents) {
  for(const [url, document] of Object.entries(documents)) {
    known.set(url, document);
    for(const method of document.verificationMethod ?? []) {
      // What dereferencing a DID URL gives is a document of its own, so it needs its context.
      known.set(method.id, {'@context': MULTIKEY, ...method});
    }
  }
}

export async function loader(url) {
  if(!known.has(url)) {
    throw new Error(`${url} is not known here`);
  }
  return {contextUrl: null, documentUrl: url, document: known.get(url)};
}

