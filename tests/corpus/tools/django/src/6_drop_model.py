from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Author(models.Model):
    email = models.CharField(max_length=100, unique=True)
    country = models.CharField(max_length=2, default='DE')
    born = models.CharField(max_length=10, null=True)


class Article(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    title = models.CharField(max_length=80, db_index=True)
    words = models.BigIntegerField(default=0)
    meta = models.JSONField(default=dict)

    class Meta:
        indexes = [GinIndex(fields=['meta'], name='article_meta')]
        constraints = [
            models.UniqueConstraint(fields=['author', 'title'], name='article_title'),
            models.CheckConstraint(check=models.Q(words__gte=0), name='article_words'),
        ]
