"""AnonCreds v1.0: credentials whose presentations prove predicates, and that they are not revoked.

https://hyperledger.github.io/anoncreds-spec/

Needs the extra `anoncreds`. CL signatures are RSA: not post-quantum, 27 KB and some 100 ms a
presentation. `library` says what is wrong with taking the library's word for a presentation.
"""
