from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Author(models.Model):
    email = models.CharField(max_length=100, unique=True)
    country = models.CharField(max_length=2, default='DE')
    born = models.DateField(null=True)


class Article(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    title = models.CharField(max_length=200, db_index=True)
    words = models.IntegerField(default=0)
    meta = models.JSONField(default=dict)


class Note(models.Model):
    text = models.TextField()
