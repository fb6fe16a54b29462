"""What says who asks: objects that sign requests, tokens of machines, and the protocol for your own.

    from api_openai import Client
    from api_openai.auth import HeaderAuth

    client = Client(base_url="https://gateway.test/v1", auth=HeaderAuth("x-api-key", key))

An `Auth` has one method, `sign(request, context)`, which returns header fields. A `TokenAuth` has
`fetch(context)`, and keeps the token that this returns. Workload identities are those of the
official SDK, under its names.
"""

from .core.auth.sigv4 import AwsCredentials
from .core.auth.sigv4_auth import SigV4Auth
from .core.auth.subject_tokens import (
    SubjectToken,
    SubjectTokenProvider,
    azure_managed_identity_token_provider,
    gcp_id_token_provider,
    k8s_service_account_token_provider,
)
from .core.auth.token_auth import FetchedToken, TokenAuth
from .core.auth.workload_identity import (
    SubjectTokenWorkloadIdentity,
    WorkloadIdentity,
    WorkloadIdentityAuth,
    X509WorkloadIdentity,
    x509_workload_identity,
)
from .core.request.auth import (
    Auth,
    AuthContext,
    BearerAuth,
    Fields,
    HeaderAuth,
    UnsignedRequest,
)

__all__ = [
    "Auth",
    "AuthContext",
    "AwsCredentials",
    "BearerAuth",
    "FetchedToken",
    "Fields",
    "HeaderAuth",
    "SigV4Auth",
    "SubjectToken",
    "SubjectTokenProvider",
    "SubjectTokenWorkloadIdentity",
    "TokenAuth",
    "UnsignedRequest",
    "WorkloadIdentity",
    "WorkloadIdentityAuth",
    "X509WorkloadIdentity",
    "azure_managed_identity_token_provider",
    "gcp_id_token_provider",
    "k8s_service_account_token_provider",
    "x509_workload_identity",
]
