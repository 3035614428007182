import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A vote's webinar is its question's.
VOTE_OF_QUESTION = """
ALTER TABLE question_votes ADD CONSTRAINT question_votes_question
    FOREIGN KEY (question_id, webinar_id) REFERENCES questions (id, webinar_id) DEFERRABLE INITIALLY DEFERRED
"""


def tenant_keys(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ADD CONSTRAINT {table}_tenant
            FOREIGN KEY (webinar_id, client_id, agency_id) REFERENCES webinars (id, client_id, agency_id)
            ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
        """,
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_tenant",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0002_tenant_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Question",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(verbose_name="number")),
                ("changed_seq", models.BigIntegerField()),
                ("client_message_id", models.CharField(max_length=64)),
                ("body", models.CharField(max_length=1000, verbose_name="question")),
                ("asker_name", models.CharField(max_length=100, verbose_name="name")),
                ("is_anonymous", models.BooleanField(default=False, verbose_name="asked anonymously")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("published", "Published"),
                            ("answered", "Answered"),
                            ("archived", "Archived"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published")),
                ("pinned_at", models.DateTimeField(blank=True, null=True, verbose_name="pinned")),
                ("upvote_count", models.PositiveIntegerField(default=0, verbose_name="votes")),
                ("answer", models.CharField(blank=True, max_length=4000, verbose_name="answer")),
                ("answered_live", models.BooleanField(default=False, verbose_name="answered live")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
            ],
            options={
                "verbose_name": "question",
                "verbose_name_plural": "questions",
                "db_table": "questions",
                "ordering": ["webinar", "seq"],
            },
        ),
        migrations.CreateModel(
            name="QuestionRoom",
            fields=[
                (
                    "webinar",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="question_room",
                        serialize=False,
                        to="webinars.webinar",
                    ),
                ),
                ("last_seq", models.BigIntegerField(default=0)),
                ("last_changed_seq", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "question_rooms",
            },
        ),
        migrations.CreateModel(
            name="QuestionVote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "db_table": "question_votes",
            },
        ),
        migrations.AddField(
            model_name="question",
            name="agency",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="webinars.agency",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="answered by",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="client",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="webinars.client",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="questions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="webinar",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="questions",
                to="webinars.webinar",
                verbose_name="webinar",
            ),
        ),
        migrations.AddField(
            model_name="questionvote",
            name="agency",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="webinars.agency",
            ),
        ),
        migrations.AddField(
            model_name="questionvote",
            name="client",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="webinars.client",
            ),
        ),
        migrations.AddField(
            model_name="questionvote",
            name="question",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="votes",
                to="webinars.question",
            ),
        ),
        migrations.AddField(
            model_name="questionvote",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="question_votes", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="questionvote",
            name="webinar",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="question_votes",
                to="webinars.webinar",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(fields=("webinar", "seq"), name="question_seq_unique"),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(fields=("webinar", "changed_seq"), name="question_changed_seq_unique"),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(fields=("webinar", "user", "client_message_id"), name="question_once"),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(fields=("id", "webinar"), name="question_of_webinar"),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("changed_seq__gt", 0), ("seq__gt", 0)), name="question_seqs_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("body", ""), _negated=True), name="question_body_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("client_message_id", ""), _negated=True), name="question_client_id_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("asker_name", ""), _negated=True), name="question_asker_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("published_at__isnull", True), ("status", "pending")),
                    models.Q(("published_at__isnull", False), ("status__in", ["published", "answered"])),
                    ("status", "archived"),
                    _connector="OR",
                ),
                name="question_published_when_shown",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", True), ("status__in", ["pending", "published"])),
                    models.Q(("answered_at__isnull", False), ("status", "answered")),
                    ("status", "archived"),
                    _connector="OR",
                ),
                name="question_answered_has_its_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answer", ""),
                        ("answered_at__isnull", True),
                        ("answered_by__isnull", True),
                        ("answered_live", False),
                    ),
                    models.Q(
                        ("answered_at__isnull", False),
                        models.Q(models.Q(("answer", ""), _negated=True), ("answered_live", True), _connector="OR"),
                    ),
                    _connector="OR",
                ),
                name="question_answer_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pinned_at__isnull", True), ("status__in", ["published", "answered"]), _connector="OR"
                ),
                name="question_pinned_is_shown",
            ),
        ),
        migrations.AddConstraint(
            model_name="questionvote",
            constraint=models.UniqueConstraint(fields=("question", "user"), name="question_vote_once"),
        ),
        migrations.AddIndex(
            model_name="questionvote",
            index=models.Index(fields=["webinar"], name="question_vote_of_webinar"),
        ),
        tenant_keys("questions"),
        tenant_keys("question_votes"),
        migrations.RunSQL(VOTE_OF_QUESTION, "ALTER TABLE question_votes DROP CONSTRAINT question_votes_question"),
    ]
