"""The tables of users, their links, sessions and API keys; secrets as hashes only."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    Table,
    Text,
    text,
)

from bng_core.actor import Role
from bng_core.store.columns import instant, metadata, one_of, written_at

users = Table(
    "users",
    metadata,
    Column("login", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("promoter", Text, ForeignKey("promoters.promoter"), index=True),
    Column("password_hash", Text),
    Column("tries", Integer, nullable=False, server_default="0"),
    instant("locked_until"),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    written_at("created_at"),
    CheckConstraint("login = lower(login) AND login <> ''", name="login_in_lower_case"),
    CheckConstraint("password_hash LIKE '$argon2id$%'", name="password_is_hashed"),
    CheckConstraint("(role = 'promoter') = (promoter IS NOT NULL)", name="promoters_have_one"),
    one_of("role", [role for role in Role if role is not Role.SYSTEM]),
)

password_links = Table(
    "password_links",
    metadata,
    Column("code_sha256", Text, primary_key=True),
    Column("login", Text, ForeignKey("users.login"), nullable=False, index=True),
    written_at("created_at"),
    instant("expires_at", nullable=False),
    instant("used_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("login", Text, ForeignKey("users.login"), nullable=False, index=True),
    written_at("created_at"),
    instant("expires_at", nullable=False),
)
"""Signed-in browsers; `session_id` is the SHA-256 of the secret in the cookie."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("secret_sha256", Text, nullable=False),
    Column("login", Text, ForeignKey("users.login"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    written_at("created_at"),
    instant("expires_at", nullable=False),
    instant("revoked_at"),
    instant("last_used_at"),
)
