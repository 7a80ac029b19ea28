"""BBS signatures over BLS12-381, as draft-irtf-cfrg-bbs-signatures-09 has them: experimental.

https://datatracker.ietf.org/doc/draft-irtf-cfrg-bbs-signatures/09/

One signature covers a list of messages; its holder proves that it has one, disclosing some of
the messages and nothing else. The draft is not an RFC: whatever is signed with it may have to be
signed again. `points` says what was wrong with taking the curve library as it comes.
"""

from typing import Final

DRAFT: Final = "draft-irtf-cfrg-bbs-signatures-09"
