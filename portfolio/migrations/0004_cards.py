from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('portfolio', '0003_people'),
    ]

    operations = [
        migrations.AddField(
            model_name='friend',
            name='refused_url',
            field=models.CharField(blank=True, help_text='The address that I refused: not asked about again', max_length=200),
        ),
        migrations.AddField(
            model_name='identity',
            name='box_key',
            field=models.CharField(blank=True, help_text='X25519 public key that friends were told last', max_length=43),
        ),
        migrations.AddField(
            model_name='identity',
            name='box_key_at',
            field=models.DateTimeField(blank=True, help_text='When it was last changed; empty: never', null=True),
        ),
    ]
