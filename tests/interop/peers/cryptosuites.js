// The cryptosuites of one family of libraries, each for signing, deriving and verifying.
import * as bbs2023 from '@digitalbazaar/bbs-2023-cryptosuite';
import * as ecdsaJcs2019 from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import {cryptosuite as ecdsaRdfc2019} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as ecdsaSd2023 from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as eddsaJcs2022 from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as eddsaRdfc2022} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

function plain(suite) {
  return {sign: () => suite, verify: () => suite};
}

function paired({createSignCryptosuite, createVerifyCryptosuite, createDiscloseCryptosuite}) {
  return {
    sign: createSignCryptosuite,
    verify: createVerifyCryptosuite,
    derive: createDiscloseCryptosuite
  };
}

export const cryptosuites = {
  'bbs-2023': paired(bbs2023),
  'ecdsa-jcs-2019': paired(ecdsaJcs2019),
  'ecdsa-rdfc-2019': plain(ecdsaRdfc2019),
  'ecdsa-sd-2023': paired(ecdsaSd2023),
  'eddsa-jcs-2022': paired(eddsaJcs2022),
  'eddsa-rdfc-2022': plain(eddsaRdfc2022)
};
