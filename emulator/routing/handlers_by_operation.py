"""Operations with handlers of their own, as `module:function`: loaded when they are first asked."""

from collections.abc import Mapping
from typing import Final

from ..handlers import responses
from .handlers_by_path import Handler

HANDLERS: Final[Mapping[str, str]] = {
    "audio.speech.create": "audio:speech",
    "audio.transcriptions.create": "audio:transcribe",
    "audio.translations.create": "audio:translate",
    "batches.create": "batches:create_batch",
    "batches.retrieve": "batches:retrieve_batch",
    "beta.agents.sessions.create": "agents:create",
    "beta.agents.sessions.events.create": "agents:send",
    "beta.agents.sessions.events.stream": "agents:stream",
    "beta.threads.create": "threads:create",
    "beta.threads.create_and_run": "threads:create_and_run",
    "beta.threads.messages.create": "threads:create_message",
    "beta.threads.runs.cancel": "threads:cancel",
    "beta.threads.runs.create": "threads:create_run",
    "beta.threads.runs.retrieve": "threads:retrieve_run",
    "beta.threads.runs.submit_tool_outputs": "threads:submit",
    "completions.create": "completions:create",
    "containers.files.create": "containers:add_file",
    "conversations.create": "conversations:create",
    "conversations.items.create": "conversations:add_items",
    "conversations.items.delete": "conversations:delete_item",
    "evals.runs.cancel": "jobs:cancel_eval_run",
    "fine_tuning.jobs.create": "jobs:create_job",
    "fine_tuning.jobs.retrieve": "jobs:retrieve_job",
    "images.create_variation": "images:vary",
    "images.edit": "images:edit",
    "images.generate": "images:generate",
    "moderations.create": "moderations:create",
    "realtime.client_secrets.create": "client_secrets:create",
    "realtime.translations.client_secrets.create": "client_secrets:create",
    "uploads.cancel": "uploads:cancel",
    "uploads.complete": "uploads:complete",
    "uploads.create": "uploads:create",
    "uploads.parts.create": "uploads:add_part",
    "vector_stores.create": "vector_stores:create",
    "vector_stores.file_batches.cancel": "vector_stores:cancel_batch",
    "vector_stores.file_batches.create": "vector_stores:create_batch",
    "vector_stores.file_batches.list_files": "vector_stores:list_batch",
    "vector_stores.file_batches.retrieve": "vector_stores:retrieve_batch",
    "vector_stores.files.content": "vector_stores:content",
    "vector_stores.files.create": "vector_stores:create_file",
    "vector_stores.files.delete": "vector_stores:delete_file",
    "vector_stores.files.list": "vector_stores:list_files",
    "vector_stores.files.retrieve": "vector_stores:retrieve_file",
    "vector_stores.retrieve": "vector_stores:retrieve",
    "vector_stores.search": "vector_stores:search",
    "videos.create": "videos:create",
    "videos.download_content": "videos:content",
    "videos.edit": "videos:derive",
    "videos.extend": "videos:derive",
    "videos.remix": "videos:remix",
}

BETA_RESPONSES: Final[Mapping[str, Handler]] = {
    "beta.responses.cancel": responses.cancel,
    "beta.responses.compact": responses.compact,
    "beta.responses.create": responses.create,
    "beta.responses.delete": responses.delete,
    "beta.responses.input_items.list": responses.input_items,
    "beta.responses.input_tokens.count": responses.input_tokens,
    "beta.responses.retrieve": responses.retrieve,
}
"""`/responses?beta=true` is checked as the beta says, and answered as without it."""
