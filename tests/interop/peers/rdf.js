// RDFC-1.0, after expansion by another JSON-LD processor.
import * as rdfCanonize from 'rdf-canonize';
import jsonld from 'jsonld';
import {loader as documentLoader} from './documents.js';

export async function canonize({document}) {
  const dataset = await jsonld.toRDF(
    document, {documentLoader, base: null, safe: true, rdfDirection: 'i18n-datatype'});
  return rdfCanonize.canonize(
    dataset, {algorithm: 'RDFC-1.0', format: 'application/n-quads'});
}

export async function canonizeQuads({quads}) {
  return rdfCanonize.canonize(quads, {
    algorithm: 'RDFC-1.0', inputFormat: 'application/n-quads', format: 'application/n-quads'
  });
}
